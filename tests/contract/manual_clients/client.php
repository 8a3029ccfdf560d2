<?php
// As the manual's PHP sample, except that it checks certificates.
function request_post($url = '', $param = '')
{
    if (empty($url) || empty($param)) {
        return false;
    }
    $curl = curl_init();
    curl_setopt($curl, CURLOPT_URL, $url);
    curl_setopt($curl, CURLOPT_HEADER, 0);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, 1);
    curl_setopt($curl, CURLOPT_POST, 1);
    curl_setopt($curl, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);
    curl_setopt($curl, CURLOPT_POSTFIELDS, $param);
    $data = curl_exec($curl);
    curl_close($curl);
    return $data;
}

$auth = file_get_contents(getenv('HOST') . '/oauth/2.0/token?' . http_build_query([
    'grant_type' => 'client_credentials',
    'client_id' => getenv('API_KEY'),
    'client_secret' => getenv('SECRET_KEY'),
]));
$token = json_decode($auth, true)['access_token'];
echo request_post(getenv('ADDRESS') . '?access_token=' . $token, file_get_contents(getenv('BODY')));
